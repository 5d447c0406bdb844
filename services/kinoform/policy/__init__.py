"""What may be asked for and what may leave: judges of prompts and pictures, as a studio sets them."""
