"""Losses, one file for each thing they look at.

Functions of pictures and of features by tap, which they are handed: none of them runs an encoder.
Features are VGG-19 activations of mean 1. Everything is summed in float32, whatever the precision
of the features.
"""
