module offhook.dev/offhook

go 1.27.0
