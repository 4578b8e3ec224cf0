"""What stands around every call: credential, admission, body, validation, errors."""
