import django.db.models.deletion
from django.db import migrations, models


def remember(apps, schema_editor):
    """What was taken back stood with the batch it concerns; it is now marked for the source."""
    from vigie.collection.failing import mark

    failed = apps.get_model('collection', 'FailedBatch')
    taken_back = apps.get_model('collection', 'TakenBack')
    for row in failed.objects.filter(state__in=('waiting', 'replaying')):
        taken_back.objects.bulk_create(
            [
                taken_back(source_id=row.source_id, mark=mark(each), at=row.at)
                for each in row.taken_back
            ],
            ignore_conflicts=True,
        )


class Migration(migrations.Migration):

    dependencies = [
        ('collection', '0009_objections'),
    ]

    operations = [
        migrations.AddField(
            model_name='source',
            name='fences',
            field=models.JSONField(default=list),
        ),
        migrations.CreateModel(
            name='TakenBack',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mark', models.BigIntegerField()),
                ('at', models.DateTimeField()),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='collection.source')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('source', 'mark'), name='taken_back_once')],
            },
        ),
        migrations.RunPython(remember, migrations.RunPython.noop),
        migrations.RemoveField(model_name='failedbatch', name='taken_back'),
    ]
