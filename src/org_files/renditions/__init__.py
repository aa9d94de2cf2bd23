"""Smaller pictures, made within bounds. Knows no models."""

from org_files.picture_types import picture_type
from org_files.renditions.pool import Box, PictureInfo, ScaledPicture, describe_picture, scale

__all__ = ["Box", "PictureInfo", "ScaledPicture", "describe_picture", "picture_type", "scale"]
