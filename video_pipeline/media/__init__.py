"""Media files by PyAV (FFmpeg in process): probing, sound, stills and embedded subtitles."""
