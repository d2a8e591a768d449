package record

import "runtime/metrics"

// held is what Go holds of the system's memory now, in MiB: heap, stacks and its own needs, less what it has given back.
func held() float64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return float64(s[0].Value.Uint64()-s[1].Value.Uint64()) / (1 << 20)
}
