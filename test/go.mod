module offhook.dev/test

go 1.27.0

require (
	offhook.dev/csta v0.0.0
	offhook.dev/operator/api v0.0.0
	offhook.dev/proto v0.0.0
	offhook.dev/services v0.0.0
)

replace (
	offhook.dev/csta => ../csta
	offhook.dev/offhook => ../offhook
	offhook.dev/operator/api => ../operator/api
	offhook.dev/proto => ../proto
	offhook.dev/services => ../services
)
