"""Schemathesis over every operation, as every role: the short form in the suite, the long one by ``make fuzz``."""
