"""What is done with the callers of the API and with webhooks."""
