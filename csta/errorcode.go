// SPDX-License-Identifier: Apache-2.0

package csta

import "fmt"

// ErrorCategory is a category of CSTA errors (ECMA-269 universal failure), as
// the element that holds the value.
type ErrorCategory string

// The categories of CSTAErrorCode.
const (
	ErrorCategoryOperation                      ErrorCategory = "operation"
	ErrorCategorySecurity                       ErrorCategory = "security"
	ErrorCategoryStateIncompatibility           ErrorCategory = "stateIncompatibility"
	ErrorCategorySystemResourceAvailibility     ErrorCategory = "systemResourceAvailibility"
	ErrorCategorySubscribedResourceAvailability ErrorCategory = "subscribedResourceAvailability"
	ErrorCategoryPerformanceManagement          ErrorCategory = "performanceManagement"
	ErrorCategoryPrivateData                    ErrorCategory = "privateData"
	// ErrorCategoryPrivateErrorCode holds text of the vendor's own.
	ErrorCategoryPrivateErrorCode ErrorCategory = "privateErrorCode"
	// ErrorCategoryUnspecified has no value.
	ErrorCategoryUnspecified ErrorCategory = "unspecified"
)

// ErrorValue is the value of a CSTAErrorCode within its category.
type ErrorValue string

// CSTAErrorCode is the negative response to any service (ECMA-323
// CSTAErrorCode): exactly one value in one category. It is an error.
type CSTAErrorCode struct {
	Category ErrorCategory
	Value    ErrorValue
}

var (
	_ Message = (*CSTAErrorCode)(nil)
	_ error   = (*CSTAErrorCode)(nil)
)

// NewError returns the error with a value of ECMA-269, with the category that
// Category finds, and of operation for a value it does not find.
func NewError(value ErrorValue) *CSTAErrorCode {
	category, ok := Category(value)
	if !ok {
		category = ErrorCategoryOperation
	}
	return &CSTAErrorCode{Category: category, Value: value}
}

// Error returns "csta: operation/invalidDeviceID" and the like.
func (c *CSTAErrorCode) Error() string {
	if c.Value == "" {
		return fmt.Sprintf("csta: %s", c.Category)
	}
	return fmt.Sprintf("csta: %s/%s", c.Category, c.Value)
}

// Element returns "CSTAErrorCode".
func (c *CSTAErrorCode) Element() string { return "CSTAErrorCode" }

// Kind returns KindError.
func (c *CSTAErrorCode) Kind() Kind { return KindError }

// Known says whether the category is one of ECMA-323.
func (c ErrorCategory) Known() bool {
	return c == ErrorCategoryPrivateErrorCode || c == ErrorCategoryUnspecified || c.valued()
}

// Category finds the category of a value. Values that stand in several
// categories, which is only generic, are those of operation.
func Category(value ErrorValue) (ErrorCategory, bool) {
	for _, category := range [...]ErrorCategory{
		ErrorCategoryOperation, ErrorCategorySecurity, ErrorCategoryStateIncompatibility,
		ErrorCategorySystemResourceAvailibility, ErrorCategorySubscribedResourceAvailability,
		ErrorCategoryPerformanceManagement, ErrorCategoryPrivateData,
	} {
		if category.Has(value) {
			return category, true
		}
	}
	return "", false
}

func (c *CSTAErrorCode) readContent(p *parser) {
	for {
		switch p.next() {
		case tokenStart:
			category := ErrorCategory(p.local)
			if p.foreign() || c.Category != "" || !category.Known() {
				if p.strict {
					p.offend("not one error category")
				}
				p.skip()
				continue
			}
			at := p.start
			c.Category = category
			c.Value = ErrorValue(p.token())
			switch category {
			case ErrorCategoryUnspecified:
				c.Value = ""
			case ErrorCategoryPrivateErrorCode:
			default:
				p.known(category.Has(c.Value), string(category), at, string(c.Value), "a value of the category")
			}
		case tokenText:
			if p.strict && !blank(p.text) {
				p.fail(&StrictError{Path: p.path(), Reason: "text between elements", Offset: p.pos})
			}
		case tokenEnd:
			if c.Category == "" {
				p.miss("operation")
			}
			return
		default:
			return
		}
	}
}

func (c *CSTAErrorCode) appendContent(dst []byte, _ Edition) []byte {
	if !c.Category.Known() || c.Category == ErrorCategoryUnspecified {
		return appendEmpty(dst, string(ErrorCategoryUnspecified))
	}
	return appendText(dst, string(c.Category), string(c.Value))
}

func (c *CSTAErrorCode) appendTo(dst []byte, name string, ed Edition) []byte {
	dst = appendOpen(dst, name)
	dst = c.appendContent(dst, ed)
	return appendClose(dst, name)
}
