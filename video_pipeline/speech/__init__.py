"""Speech recognisers behind `ports.Recogniser`: pocketsphinx (bundled), faster-whisper and Amazon Transcribe."""
