// The Go peer of bench:plugin: a plugin that makes the two calls of target mode with constant arguments.
package main

import (
	"github.com/Kong/go-pdk"
	"github.com/Kong/go-pdk/server"
)

type Config struct {
	Port int
}

func New() any {
	return &Config{Port: 8080}
}

func (config *Config) Access(kong *pdk.PDK) {
	kong.Service.SetTarget("127.0.0.1", config.Port)
	kong.ServiceRequest.SetHeader("Host", "sd2.privatelink:8080")
}

func main() {
	server.StartServer(New, "0.1.0", 790)
}
