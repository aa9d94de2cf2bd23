"""The operations, by what they are about. Texts are for those who write clients."""
