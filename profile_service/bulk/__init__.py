"""Import files of customer records: stage their rows, resolve them with workers beside the service; resumable."""
