"""What queries of several examples find among photographs of different things."""
