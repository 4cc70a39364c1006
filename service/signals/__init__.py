"""The signal desk: what is plausible but too uncertain for a notification, or a combination nobody saw before."""
