"""The rumours room: claims, what shows whether they are true, what two people conclude."""
