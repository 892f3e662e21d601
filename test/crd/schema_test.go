// SPDX-License-Identifier: Apache-2.0

package crd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	crdvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

// kind is a CustomResourceDefinition as the API server applies it.
type kind struct {
	structural *schema.Structural
	schema     validation.SchemaValidator
	rules      *cel.Validator
}

// kinds reads the CustomResourceDefinitions, each as the API server does when it
// is created, which checks the cost of its rules too.
func kinds(t *testing.T) map[string]*kind {
	t.Helper()
	files, err := filepath.Glob("../../charts/offhook/files/crds/*.yaml")
	if err != nil || len(files) != 3 {
		t.Fatalf("CustomResourceDefinitions: %v %v", files, err)
	}
	found := make(map[string]*kind)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var written apiextensionsv1.CustomResourceDefinition
		if err := yaml.UnmarshalStrict(text, &written); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		apiextensionsv1.SetDefaults_CustomResourceDefinition(&written)
		apiextensionsv1.SetDefaults_CustomResourceDefinitionSpec(&written.Spec)
		var definition apiextensions.CustomResourceDefinition
		if err := apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(&written, &definition, nil); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		// The API server sets what is stored when it creates one.
		definition.Status.StoredVersions = []string{"v1alpha1"}
		for _, fault := range crdvalidation.ValidateCustomResourceDefinition(t.Context(), &definition) {
			t.Errorf("%s: %v", filepath.Base(file), fault)
		}
		found[definition.Spec.Names.Kind] = compile(t, &definition)
	}
	return found
}

func compile(t *testing.T, definition *apiextensions.CustomResourceDefinition) *kind {
	t.Helper()
	properties := definition.Spec.Validation
	if properties == nil {
		properties = definition.Spec.Versions[0].Schema
	}
	structural, err := schema.NewStructural(properties.OpenAPIV3Schema)
	if err != nil {
		t.Fatalf("%s is not structural: %v", definition.Name, err)
	}
	validator, _, err := validation.NewSchemaValidator(properties.OpenAPIV3Schema)
	if err != nil {
		t.Fatal(err)
	}
	return &kind{structural: structural, schema: validator, rules: cel.NewValidator(structural, true, celconfig.PerCallLimit)}
}

// apply gives an object as it would be stored, and what the API server refuses
// of it. Old is nil for an object that is created.
func (k *kind) apply(t *testing.T, object, old map[string]any) (map[string]any, field.ErrorList) {
	t.Helper()
	var faults field.ErrorList
	for _, path := range pruning.PruneWithOptions(object, k.structural, true, schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}) {
		faults = append(faults, field.Invalid(nil, path, "unknown field"))
	}
	defaulting.PruneNonNullableNullsWithoutDefaults(object, k.structural)
	defaulting.Default(object, k.structural)
	if old == nil {
		faults = append(faults, validation.ValidateCustomResource(nil, object, k.schema)...)
	} else {
		faults = append(faults, validation.ValidateCustomResourceUpdate(nil, object, old, k.schema)...)
	}
	faults = append(faults, listtype.ValidateListSetsAndMaps(nil, k.structural, object)...)
	var before any
	if old != nil {
		before = old
	}
	broken, left := k.rules.Validate(t.Context(), nil, k.structural, object, before, celconfig.RuntimeCELCostBudget)
	if left <= 0 {
		t.Error("the rules cost too much")
	}
	return object, append(faults, broken...)
}

// ruleMessages are the messages of all rules of a schema.
func ruleMessages(s *schema.Structural) []string {
	if s == nil {
		return nil
	}
	var found []string
	for _, rule := range s.XValidations {
		found = append(found, rule.Message)
	}
	for _, property := range s.Properties {
		found = append(found, ruleMessages(&property)...)
	}
	return append(found, ruleMessages(s.Items)...)
}

func object(t *testing.T, text string) map[string]any {
	t.Helper()
	var decoded map[string]any
	encoded, err := yaml.YAMLToJSON([]byte(text))
	if err == nil {
		err = json.Unmarshal(encoded, &decoded) // whole numbers become int64
	}
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return decoded
}

func texts(faults field.ErrorList) string {
	lines := make([]string, len(faults))
	for i, fault := range faults {
		lines[i] = fault.Error()
	}
	return strings.Join(lines, "\n")
}

func documents(text string) []string {
	return strings.Split("\n"+text, "\n---")
}
