"""From pictures and frames to stylized ones: the stylizer and its tiles."""
