"""Questions on the stream get their answer."""
