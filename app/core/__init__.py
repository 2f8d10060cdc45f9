"""Technical ground: knows no noun of the domain."""
