module offhook.dev/test

go 1.27.0
