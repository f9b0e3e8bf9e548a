"""What a production line needs: answers in time, and results sent on."""
