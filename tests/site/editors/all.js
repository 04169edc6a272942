// What the pages of this folder need of the editors' packages, as one script.
import { basicSetup, EditorView } from 'codemirror';
import { python } from '@codemirror/lang-python';
import CodeMirror5 from 'codemirror5';
import 'codemirror5/addon/edit/closebrackets.js';
import 'codemirror5/mode/python/python.js';
import { exampleSetup } from 'prosemirror-example-setup';
import { DOMParser } from 'prosemirror-model';
import { schema } from 'prosemirror-schema-basic';
import { EditorState } from 'prosemirror-state';
import { EditorView as ProseMirror } from 'prosemirror-view';
import Quill from 'quill';

Object.assign(window, { basicSetup, CodeMirror5, DOMParser, EditorState, EditorView, exampleSetup, ProseMirror, python, Quill, schema });
