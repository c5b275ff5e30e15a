return "Grüße", "\u{20AC}"
