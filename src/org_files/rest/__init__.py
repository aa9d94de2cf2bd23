"""The HTTP contract, on Django REST framework. Only URLs import it."""
