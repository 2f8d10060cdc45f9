"""Stand-ins for services elsewhere: real servers on a loopback port that speak the real protocol."""
