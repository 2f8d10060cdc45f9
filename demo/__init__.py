"""The loop as a story: demo accounts walk one need from 点单 to confirmed hours, over HTTP, against a running server."""
