"""What specs of several kinds are made of: types of fields, phone numbers, receivers, and the two ways to reach people."""
