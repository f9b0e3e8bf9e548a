"""Search in many vectors: Edge's graph beside a scan and beside other libraries."""
