// The whole way: sequences of each sample → features → predictions → reports.
include { ENCODE               } from '../modules/local/encode/main'
include { JOIN                 } from '../modules/local/join/main'
include { REPORT               } from '../modules/local/report/main'
include { REPORT as REPORT_ALL } from '../modules/local/report/main'
include { PREDICT              } from '../subworkflows/local/predict'

workflow RIBONNX {
    take:
    samples // list of maps: id, inputs, annotation, genome, truth
    model   // map: what the tasks must know about the model, and where its bundle is
    chunks  // map: size, most
    outdir  // where results go
    title   // heading of the report over all samples

    main:
    bundle = channel.value([model.subMap(['id', 'version', 'digest', 'tools', 'bin', 'inputs']), file(model.path)])
    ENCODE(
        channel.fromList(samples).map { sample ->
            [[id: sample.id], sample.inputs.collect { name -> file(name) }, Ribonnx.optional(sample.annotation), Ribonnx.optional(sample.genome)]
        },
        bundle,
    )
    PREDICT(ENCODE.out.features, bundle, model.steps, chunks)

    truth = channel.fromList(samples).map { sample -> [sample.id, Ribonnx.optional(sample.truth)] }
    REPORT(
        PREDICT.out.predictions
            .map { meta, predictions, scores -> [meta.id, predictions, scores] }
            .join(truth)
            .join(ENCODE.out.features.map { meta, _npz, record -> [meta.id, record] })
            .join(PREDICT.out.records)
            .join(PREDICT.out.vectors)
            .map { id, predictions, scores, known, first, others, tensors -> [[id: id], predictions, scores, known, tensors, [first] + others] },
        bundle,
    )

    // The samples that came through, in the order of the samplesheet.
    order = samples.collect { sample -> sample.id }
    JOIN(
        PREDICT.out.predictions
            .toSortedList { one, other -> order.indexOf(one[0].id) <=> order.indexOf(other[0].id) }
            .filter { all -> all.size() > 0 }
            .map { all -> [all.collect { part -> part[0].id }, all.collect { part -> part[1] }] }
    )
    REPORT_ALL(
        JOIN.out.predictions.map { predictions -> [[id: 'all', title: title], predictions, [], [], [], []] },
        bundle,
    )

    // What the summary and index.csv say at the end.
    ENCODE.out.features.subscribe { meta, _npz, record -> RunLog.encoded(meta.id, record) }
    REPORT.out.report.subscribe { meta, _page, metrics, _record -> RunLog.finished(meta.id, metrics) }

    channel.topic('versions')
        .unique()
        .map { process, tool, version -> "${process.tokenize(':').last()}:\n    ${tool}: '${version}'\n".toString() }
        .mix(channel.of("WORKFLOW:\n    nextflow: '${workflow.nextflow.version}'\n    ribonnx-nextflow: '${workflow.manifest.version}'\n    model: '${model.id}@${model.version}'\n".toString()))
        .collectFile(name: 'versions.yml', storeDir: "${outdir}/pipeline_info", sort: true)
}
