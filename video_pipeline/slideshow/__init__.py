"""Makes a video of still pictures that pan and zoom, as long as the sound that it goes with."""
