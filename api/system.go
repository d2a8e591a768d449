package api

import "net/http"

func (s *server) health(c *call) error {
	c.Data(http.StatusOK, "text/plain; charset=utf-8", []byte("ok\n"))
	return nil
}

func (s *server) openapi(c *call) error {
	c.Data(http.StatusOK, "application/yaml", document)
	return nil
}
