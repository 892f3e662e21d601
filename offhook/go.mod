module offhook.dev/offhook

go 1.27.0

require (
	offhook.dev/csta v0.0.0
	offhook.dev/operator/api v0.0.0
	offhook.dev/proto v0.0.0
	offhook.dev/services v0.0.0
)

require (
	github.com/icholy/digest v1.2.0 // indirect
	github.com/pion/randutil v0.1.0 // indirect
	github.com/pion/rtp v1.10.6 // indirect
	github.com/pion/sdp/v3 v3.0.20 // indirect
	golang.org/x/sync v0.24.0 // indirect
)

replace (
	offhook.dev/csta => ../csta
	offhook.dev/offhook => ../offhook
	offhook.dev/operator/api => ../operator/api
	offhook.dev/proto => ../proto
	offhook.dev/services => ../services
)
