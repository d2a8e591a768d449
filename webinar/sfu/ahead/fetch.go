//go:build amd64 || arm64

package ahead

//go:noescape
func fetch(at *uintptr, count int)
