module offhook.dev/test

go 1.27.0

require (
	offhook.dev/csta v0.0.0
	offhook.dev/operator/api v0.0.0
	offhook.dev/proto v0.0.0
	offhook.dev/services v0.0.0
)

require (
	github.com/emiago/sipgo v1.7.2 // indirect
	github.com/gobwas/httphead v0.1.0 // indirect
	github.com/gobwas/pool v0.2.1 // indirect
	github.com/gobwas/ws v1.3.2 // indirect
	github.com/google/go-cmp v0.7.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/icholy/digest v1.2.0 // indirect
	github.com/prometheus/client_golang v1.25.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

replace (
	offhook.dev/csta => ../csta
	offhook.dev/offhook => ../offhook
	offhook.dev/operator/api => ../operator/api
	offhook.dev/proto => ../proto
	offhook.dev/services => ../services
)
