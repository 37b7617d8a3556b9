"""The development set-up: one ignored folder, `.build`, holds all that it downloads or makes."""
