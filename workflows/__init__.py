"""What happens later, and again if it failed. Thin: each task calls the service."""
