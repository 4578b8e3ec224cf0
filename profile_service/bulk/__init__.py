"""Import files of customer records through the API, resumable."""
