"""The rules in plain Python: no input or output, no ORM, no Pydantic."""
