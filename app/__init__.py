"""Sanshun 三顺: the backend of a community's closed loop of service."""
