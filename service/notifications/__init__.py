"""Notifications of occupational disease: filed, judged, registered, amended and withdrawn."""
