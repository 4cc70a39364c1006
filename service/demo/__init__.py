"""The example case of the demo."""
