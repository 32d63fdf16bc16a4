// Encoded samples in, one table of predictions and one of scores per sample out: scattered over ranges of rows at the
// first step that has something to do, and over views where the model fuses several; gathered in order.
include { EMBED    } from '../../modules/local/embed/main'
include { FUSE     } from '../../modules/local/fuse/main'
include { CLASSIFY } from '../../modules/local/classify/main'
include { MERGE    } from '../../modules/local/merge/main'

workflow PREDICT {
    take:
    features // channel: [ meta, features.npz, run record ]; of each view where there are several
    model    // value channel: [ model, bundle ]
    views    // list of the views that have files of their own until they are fused; empty: all views are in one file
    steps    // map: step -> whether it does anything for this model
    attends  // whether FUSE writes weights of attention
    chunks   // map: size, most

    main:
    scattered = features.flatMap { meta, npz, record ->
        def count = Ribonnx.shards(record, chunks)
        (1..count).collect { shard -> [meta + [shard: shard, of: count], npz, count > 1 ? "${shard}/${count}".toString() : ''] }
    }
    runs = channel.empty()
    tensors = channel.empty()
    files = Math.max(1, views.size())
    embeds = steps.embed ? files : 0
    fuses = steps.fuse ? 1 : 0

    // Only the first step picks its rows out of the sample's file; what it writes holds the shard's rows alone.
    embedded = scattered
    if (steps.embed) {
        EMBED(scattered, model)
        embedded = EMBED.out.embeddings.map { meta, npz -> [meta, npz, ''] }
        runs = runs.mix(EMBED.out.run.map { meta, record -> [meta, 1, record] })
        tensors = tensors.mix(EMBED.out.embeddings.map { meta, npz -> [meta, 1, npz] })
    }
    fused = embedded
    if (steps.fuse) {
        // A shard goes on as soon as its own views are in.
        FUSE(
            embedded
                .map { meta, npz, rows -> [groupKey(meta.subMap(['id', 'shard', 'of']), files), views.indexOf(meta.view), npz, rows] }
                .groupTuple()
                .map { key, places, npz, rows -> [key.groupTarget, Ribonnx.ordered(places, npz), rows[0]] },
            model,
        )
        fused = FUSE.out.fused.map { meta, npz -> [meta, npz, ''] }
        runs = runs.mix(FUSE.out.run.map { meta, record -> [meta, 2, record] })
        tensors = tensors.mix(FUSE.out.fused.map { meta, npz -> [meta, 2, npz] })
    }
    CLASSIFY(fused, model)
    runs = runs.mix(CLASSIFY.out.run.map { meta, record -> [meta, 3, record] })

    // A sample goes on as soon as its own shards are in, whatever the others do.
    MERGE(
        CLASSIFY.out.predictions
            .join(attends ? FUSE.out.attention : CLASSIFY.out.predictions.map { meta, _predictions, _scores -> [meta, []] })
            .map { meta, predictions, scores, attention -> [groupKey(meta.id, meta.of), meta.shard, predictions, scores, attention] }
            .groupTuple()
            .map { key, shards, predictions, scores, attention ->
                [[id: key.groupTarget], Ribonnx.ordered(shards, predictions), Ribonnx.ordered(shards, scores), Ribonnx.ordered(shards, attention).flatten()]
            }
    )
    records = runs
        .map { meta, step, record -> [groupKey(meta.id, meta.of * (embeds + fuses + 1)), Ribonnx.place(meta, step, views), record] }
        .groupTuple()
        .map { key, places, found -> [key.groupTarget, Ribonnx.ordered(places, found)] }
    predictions = MERGE.out.predictions
    attention = attends ? MERGE.out.attention : predictions.map { meta, _predictions, _scores -> [meta, []] }
    // What the report draws its map from: what embedding and fusing made, and the features where no embedding is made of them.
    vectors = tensors
        .map { meta, step, npz -> [groupKey(meta.id, meta.of * (embeds + fuses)), Ribonnx.place(meta, step, views), npz] }
        .groupTuple()
        .map { key, places, npz -> [key.groupTarget, Ribonnx.ordered(places, npz)] }
    if (!steps.embed) {
        vectors = features
            .map { meta, npz, _record -> [meta.id, views.indexOf(meta.view), [npz]] }
            .mix(vectors.map { id, npz -> [id, files, npz] })
            .groupTuple(size: files + fuses)
            .map { id, places, lists -> [id, Ribonnx.ordered(places, lists).flatten()] }
    }

    emit:
    predictions // channel: [ meta, predictions.tsv, scores.tsv ]
    attention   // channel: [ meta, attention.tsv, or [] where it is not asked for ]
    records     // channel: [ sample, [ run records by shard, step and view ] ]
    vectors     // channel: [ sample, [ tensor files by shard, step and view ] ]
}
