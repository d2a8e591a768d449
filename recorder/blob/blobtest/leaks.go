package blobtest

import "go.uber.org/goleak"

// Leaks are the goroutines that the embedded store's HTTP library leaves behind and that nothing can end: its clock for
// the Date header lives as long as the process, and the cleaner of a stopped worker pool notices after its next 10 s.
func Leaks() []goleak.Option {
	return []goleak.Option{
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
	}
}
