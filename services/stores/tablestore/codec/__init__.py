"""Own decoders of rows and of SQL answers, straight to Arrow."""
