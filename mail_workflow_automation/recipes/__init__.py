"""Recipes: ready workflows, one file each, in the file format."""

from . import abandoned_cart, welcome

RECIPES = {module.KEY: module for module in (abandoned_cart, welcome)}
