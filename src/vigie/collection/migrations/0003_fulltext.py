"""The full-text index over Post.tokens, by the means of the database in use."""

from django.db import migrations

from vigie.collection import fulltext


def forwards(apps, schema_editor):
    fulltext.create(schema_editor.connection)


def backwards(apps, schema_editor):
    fulltext.drop(schema_editor.connection)


class Migration(migrations.Migration):

    dependencies = [
        ('collection', '0002_fewer_indexes'),
    ]

    operations = [
        migrations.RunPython(forwards, backwards),
    ]
