"""What runs without a request: the relay, the clocks, import jobs."""
