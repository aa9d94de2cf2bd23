"""A short film in WebM, made without an encoder of films."""

from example.demo.films import webm
from PIL import Image

WIDTH, HEIGHT = 320, 240

FRAME = 100  # milliseconds


def make_movie(frames=15):
    """Return ``frames`` tenths of a second of noise."""
    noise = [
        Image.effect_noise((WIDTH, HEIGHT), 20 + place).convert("RGB") for place in range(frames)
    ]
    return webm(noise, milliseconds=FRAME)
