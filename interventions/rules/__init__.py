"""The targeting rules that come with netrial, by what they go by."""
