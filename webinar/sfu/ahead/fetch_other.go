//go:build !amd64 && !arm64

package ahead

func fetch(*uintptr, int) {}
