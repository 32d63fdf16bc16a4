// The whole way: sequences of each sample → features → predictions → reports; or pairs of sequences → differences and reports.
include { ENCODE               } from '../modules/local/encode/main'
include { EXPLAIN              } from '../modules/local/explain/main'
include { JOIN                 } from '../modules/local/join/main'
include { REPORT               } from '../modules/local/report/main'
include { REPORT as REPORT_ALL } from '../modules/local/report/main'
include { VARIANTS             } from '../modules/local/variants/main'
include { PREDICT              } from '../subworkflows/local/predict'

workflow RIBONNX {
    take:
    samples // list of maps: id, inputs, annotation, genome, truth
    model   // map: what the tasks must know about the model, and where its bundle is
    chunks  // map: size, most
    asked   // map: explain, attention (whether), variants (what the inputs hold, or null)
    outdir  // where results go
    title   // heading of the report over all samples

    main:
    bundle = channel.value([model.subMap(['id', 'version', 'digest', 'tools', 'bin', 'inputs', 'views']), file(model.path)])
    inputs = channel.fromList(samples).map { sample ->
        [[id: sample.id], sample.inputs.collect { name -> file(name) }, Ribonnx.optional(sample.annotation), Ribonnx.optional(sample.genome)]
    }
    if (asked.variants) {
        VARIANTS(inputs.map { meta, files, _annotation, _genome -> [meta, files] }, bundle)
        predictions = VARIANTS.out.predictions
        reports = VARIANTS.out.report
        read = VARIANTS.out.report.map { meta, _page, _metrics, record -> [meta.id, record] }
    }
    else {
        views = model.views.keySet() as List
        ENCODE(inputs.flatMap { meta, files, annotation, genome -> (views ?: ['']).collect { view -> [view ? meta + [view: view] : meta, files, annotation, genome] } }, bundle)
        PREDICT(ENCODE.out.features, bundle, views, model.steps, asked.attention, chunks)
        predictions = PREDICT.out.predictions

        truth = channel.fromList(samples).map { sample -> [sample.id, Ribonnx.optional(sample.truth)] }
        explained = channel.fromList(samples).map { sample -> [sample.id, [], [], []] }
        if (asked.explain) {
            EXPLAIN(inputs.map { meta, files, annotation, genome -> [meta.id, files, annotation, genome] }.join(truth).map { id, files, annotation, genome, known -> [[id: id], files, annotation, genome, known] }, bundle)
            explained = EXPLAIN.out.tables.join(EXPLAIN.out.run).map { meta, explanations, importance, record ->
                // Features of tables are drawn from the means.
                [meta.id, Ribonnx.ofPositions(explanations) ? explanations : [], importance, record]
            }
        }
        read = ENCODE.out.features.map { meta, _npz, record -> [meta.id, record] }
        encoded = ENCODE.out.features
            .map { meta, _npz, record -> [meta.id, views.indexOf(meta.view), record] }
            .groupTuple(size: Math.max(1, views.size()))
            .map { id, places, records -> [id, Ribonnx.ordered(places, records)] }
        REPORT(
            predictions
                .map { meta, table, scores -> [meta.id, table, scores] }
                .join(truth)
                .join(encoded)
                .join(PREDICT.out.records)
                .join(PREDICT.out.vectors)
                .join(explained)
                .join(PREDICT.out.attention.map { meta, table -> [meta.id, table] })
                .map { id, table, scores, known, first, others, tensors, explanations, importance, last, attention ->
                    [[id: id], table, scores, known, tensors, explanations, importance, attention, first + others + [last].flatten()]
                },
            bundle,
        )
        reports = REPORT.out.report
    }

    // The samples that came through, in the order of the samplesheet.
    order = samples.collect { sample -> sample.id }
    JOIN(
        predictions
            .toSortedList { one, other -> order.indexOf(one[0].id) <=> order.indexOf(other[0].id) }
            .filter { all -> all.size() > 0 }
            .map { all -> [all.collect { part -> part[0].id }, all.collect { part -> part[1] }] }
    )
    REPORT_ALL(
        JOIN.out.predictions.map { table -> [[id: 'all', title: title], table, [], [], [], [], [], [], []] },
        bundle,
    )

    // What the summary and index.csv say at the end.
    read.subscribe { sample, record -> RunLog.encoded(sample, record) }
    reports.subscribe { meta, _page, metrics, _record -> RunLog.finished(meta.id, metrics) }

    channel.topic('versions')
        .unique()
        .map { process, tool, version -> "${process.tokenize(':').last()}:\n    ${tool}: '${version}'\n".toString() }
        .mix(channel.of("WORKFLOW:\n    nextflow: '${workflow.nextflow.version}'\n    ribonnx-nextflow: '${workflow.manifest.version}'\n    model: '${model.id}@${model.version}'\n".toString()))
        .collectFile(name: 'versions.yml', storeDir: "${outdir}/pipeline_info", sort: true)
}
