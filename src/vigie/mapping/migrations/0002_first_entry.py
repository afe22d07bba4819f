from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mapping", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="feature",
            name="created_entry",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="featurerevision",
            name="asked",
            field=models.JSONField(default=dict),
        ),
    ]
